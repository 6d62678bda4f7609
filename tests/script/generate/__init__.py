"""Random well-typed programs: Python source with its inputs, made from a seed, to be compiled and run beside Python.

``program.make(seed)`` gives a program; ``check.check(program)`` says what is wrong with what tsx makes of it;
``reduce.reduce`` makes a failing program small; ``python -m tests.script.generate --help`` runs a campaign.
"""
