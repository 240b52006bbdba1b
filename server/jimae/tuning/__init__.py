"""Finding the settings and the format of a model that suit this machine.

Measuring and quantising are native work: they run in a child process, `child`,
which alone of this room may load llama.cpp.
"""
