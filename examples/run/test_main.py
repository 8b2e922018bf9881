import subprocess
import sys
import unittest


class MainTest(unittest.TestCase):
    def test_sum(self):
        done = subprocess.run([sys.executable, "main.py"], input="1 2 3\n", capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout, "6\n")
