"""Processes in BPMN 2.0: where each application stands, and who has the next step."""
