// Starts Swagger UI on the definitions that the page names. A file of its own, because the page's policy allows no
// script inside the page.
/* global SwaggerUIBundle, SwaggerUIStandalonePreset */
const { definitions, brand } = JSON.parse(document.getElementById('boot').textContent);

/** The name over the page is the installation's. */
function brandPlugin({ React }) {
  const logo = brand.logo === null ? null : React.createElement('img', { src: brand.logo, alt: '' });
  return { components: { Logo: () => React.createElement('span', { className: 'brand' }, logo, brand.name) } };
}

/**
 * The dialog opens on the key, not on the last field. It offers none for the cookie of a person who signed in: a page
 * cannot set it.
 */
function authorizePlugin({ React }) {
  const focusKey = (Original) => (props) => React.createElement(Original, { ...props, autoFocus: props.id === 'auth-bearer-value' });
  const note = () => React.createElement('p', null, 'Signed in to the console in this browser? Then calls are made as you; nothing is to be entered here.');
  const wrap = (Original) => (props) => React.createElement(props.schema.get('in') === 'cookie' ? note : Original, props);
  return { wrapComponents: { apiKeyAuth: wrap, Input: focusKey } };
}

/** What the console does with every write of a signed-in person. */
function withCsrfToken(request) {
  const token = /(?:^|; )csrf=([^;]+)/.exec(document.cookie)?.[1];
  const isWrite = !['GET', 'HEAD'].includes((request.method ?? 'GET').toUpperCase());
  if (token && isWrite && !request.headers.Authorization && new URL(request.url, location.href).pathname.startsWith('/v1/')) {
    request.headers['X-CSRF-Token'] = decodeURIComponent(token);
  }
  return request;
}

SwaggerUIBundle({
  dom_id: '#docs',
  urls: definitions,
  layout: 'StandaloneLayout',
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  plugins: [brandPlugin, authorizePlugin],
  requestInterceptor: withCsrfToken,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: true,
  // The badge would ask a third party about the document.
  validatorUrl: 'none',
});
