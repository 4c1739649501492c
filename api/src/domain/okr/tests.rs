//! Files in and out, past the front.
