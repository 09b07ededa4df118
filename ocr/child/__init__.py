"""What runs in the child process. Nothing outside this package imports it: it loads the large
libraries (pdfium, OpenCV, Tesseract, pikepdf) that the caller's process is spared."""
