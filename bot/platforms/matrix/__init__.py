"""The Matrix platform: the only place that knows matrix-nio. `platform.MatrixPlatform` is its front door."""
