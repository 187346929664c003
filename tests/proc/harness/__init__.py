"""What the process tests are made of: the real programs, edges, databases and agents of other makes."""
from .agents import HostileAgent, TwoCallAgent
from .basics import Program, say_when, wait_until
from .case import ProcCase
from .certs import Certs
from .control import Control
from .database import MariaDb, SqliteDb
from .edge import Edge

__all__ = ["Certs", "Control", "Edge", "HostileAgent", "MariaDb", "ProcCase", "Program", "SqliteDb",
           "TwoCallAgent", "say_when", "wait_until"]
