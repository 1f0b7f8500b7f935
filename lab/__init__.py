"""The lab: a small virtual machine in which readers run containers as root, safely."""
