"""The engine behind a socket: one file per gRPC service; errors become status codes in one file."""
