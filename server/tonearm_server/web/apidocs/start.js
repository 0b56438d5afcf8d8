// Shows this server's own document. Nothing is asked of any other host: there is no validator badge.

window.SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor(request) {
    // The server takes a bearer token or a cookie, never both.
    if (request.headers.Authorization) {
      request.credentials = "omit";
    }
    return request;
  },
});
