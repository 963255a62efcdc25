"""Wire shapes: what comes in is checked by `requests`, what goes out is made by `wire` and
described for the OpenAPI page by `responses`."""
