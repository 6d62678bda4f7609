"""Python source → graph, never running it: the script compiler.

Takes functions, modules and classes; gives ``ir.Module`` programs with Python's meaning, or every problem of the source
in one ``ScriptError``. ``values`` is the interface that builtins, methods and doors are written against.
"""
