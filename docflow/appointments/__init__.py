"""Appointments at the counter: slots, bookings, reminders."""
