"""Building and judging versions. Pure: numpy, scipy and the engine; no Django."""
