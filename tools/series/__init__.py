"""The tools of the series: parts, the fixpoint of fixes, and the code that chapters show."""
