"""Weights from a counter-based generator, which tests/support repeats in C++: for models that are made anew instead of stored."""
import numpy as np

f32 = np.float32


def random_weights(seed, name, shape, middle, spread):
    mask = (1 << 64) - 1
    stream = 0xCBF29CE484222325 ^ seed
    for c in name.encode():
        stream = ((stream ^ c) * 0x100000001B3) & mask
    z = np.uint64((stream * 0x9E3779B97F4A7C15) & mask) ^ (np.arange(np.prod(shape), dtype=np.uint64) + np.uint64(0x632BE59BD9B4E019))
    for factor in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB):
        z = (z ^ (z >> np.uint64(29))) * np.uint64(factor)
    unit = (((z ^ (z >> np.uint64(32))) >> np.uint64(40)).astype(np.int64) - (1 << 23)).astype(f32) / f32(1 << 23)
    return (f32(middle) + f32(spread) * unit).reshape(shape)
