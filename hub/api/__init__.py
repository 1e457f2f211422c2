"""HTTP and the live WebSocket: everything passes one gate, bodies are bounded, errors are `hub.protocol.Problem`."""
