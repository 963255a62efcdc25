"""Many rows in the background: a file comes in, a file of answers goes out.

A file is split into distinct texts (`split`), decided part by part by any worker (`decide`) and
joined again in its own order (`join`); `work` leads through the three.
"""
