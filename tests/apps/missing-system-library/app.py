import ctypes

ctypes.CDLL("libzbar.so.0")
