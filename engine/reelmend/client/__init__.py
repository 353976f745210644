"""The engine from Python: `EngineClient` renders frames of any clip over gRPC."""

from reelmend.client.engine_client import EngineClient, Route, ServerInfo

__all__ = ["EngineClient", "Route", "ServerInfo"]
