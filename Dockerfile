# The image: Node, our sources, their production dependencies and the built pages, and nothing that could build more.
# Debian-based, because the packages' binaries are. It writes to /data only, and runs under a read-only root.

FROM node:26-slim AS pages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY engine/package.json engine/package.json
COPY server/package.json server/package.json
COPY admin/package.json admin/package.json
COPY widget/package.json widget/package.json
# The only install script is our own, which looks for a Node that the image has anyway.
RUN npm ci --ignore-scripts
COPY . .
RUN node scripts/build.mjs

FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY engine/package.json engine/package.json
COPY server/package.json server/package.json
COPY admin/package.json admin/package.json
COPY widget/package.json widget/package.json
RUN npm ci --ignore-scripts --omit=dev --omit=optional --workspace server

FROM node:26-slim
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/app/.cache \
    NODE_OPTIONS=--max-old-space-size-percentage=60 \
    HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/data
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-* \
    && groupadd --gid 10001 parley && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin parley \
    && install -d -o parley -g parley -m 700 /data \
    && ln -s /app/server/bin/parley.mjs /usr/local/bin/parley
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY scripts/ensure-node.mjs scripts/server-entry.mjs scripts/
COPY engine engine
# The sample flow of a fresh workspace is one of them.
COPY examples examples
COPY server server
COPY --from=pages /app/dist dist
# Compiles everything once: a start takes a third of the time, and the cache can then be read-only.
RUN DATA_DIR=/tmp/once parley migrate && rm -rf /tmp/once && chmod -R a+rX /app
USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((reply) => process.exit(reply.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["parley"]
CMD ["start"]
