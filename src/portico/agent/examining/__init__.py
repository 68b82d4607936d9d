"""Finds out what the doctor says here, what takes the disk, and which versions there are; tells web."""
