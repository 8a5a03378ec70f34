// Nearly everything lives in the header; what cannot be written in Swift has a file of its own here.
