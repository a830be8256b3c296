"""What is written besides pages: PDFs, sheets, charts and QR codes."""
