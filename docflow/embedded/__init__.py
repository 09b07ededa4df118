"""Everything on one machine: the parts of an installation as child processes of one supervisor.

`stack.up` is what `docflow up` runs, `doctor.doctor` what `docflow doctor` asks, and
`state.settings_for` finds the stack that runs on a data directory. This module imports nothing,
so that the command line stays quick.
"""
