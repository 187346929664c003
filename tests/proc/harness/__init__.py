"""Building blocks of the process tests: the real programs, edges, databases and foreign agents."""
from .agents import HostileAgent, TwoCallAgent
from .basics import Program, say_when, wait_until
from .case import ProcCase
from .certs import Certs
from .control import Control
from .database import MariaDb, SqliteDb
from .edge import Edge

__all__ = ["Certs", "Control", "Edge", "HostileAgent", "MariaDb", "ProcCase", "Program", "SqliteDb",
           "TwoCallAgent", "say_when", "wait_until"]
