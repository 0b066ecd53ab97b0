# SPDX-License-Identifier: MIT
"""A sub-command of which only the options are known until it is used: to load all that all of them need takes longer
than a short run."""
import argparse
from importlib import import_module


class Subcommand(argparse.ArgumentParser):
    """Its default `command` names the function that does the work: MODULE:FUNCTION."""

    def format_help(self):
        """With what the function says of itself, or else its module."""
        function = load(self.get_default("command"))
        self.description = function.__doc__ or import_module(function.__module__).__doc__
        return super().format_help()


def load(command):
    module, function = command.split(":")
    return getattr(import_module(module), function)
