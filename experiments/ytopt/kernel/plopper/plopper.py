"""Runs a program with values in place of its parameters."""

import subprocess

class Plopper:
    def __init__(self, program):
        self.program = program

    def findRuntime(self, x, params):
        values = dict(zip(params, x))
        done = subprocess.run([self.program, values['P0'], values['P2']], stdout=subprocess.PIPE)
        return float(done.stdout) if done.returncode == 0 else float('inf')
