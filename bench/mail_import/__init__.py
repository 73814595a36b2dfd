"""Import of mail: an mbox of made messages, brought in, read and searched."""
