"""Applications of citizens: from the form to the answer."""
