// Node's http without its ES face, which reads every export as it is imported, and among them are the lazy parts of the
// built-in fetch: 25 to 55 ms of every start. Only for serving; what calls others is in egress/.
export const { createServer, ServerResponse, STATUS_CODES } = process.getBuiltinModule('node:http');
