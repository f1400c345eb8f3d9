"""What commands print and reports show: tables, words, pictures; a document is data until it is rendered."""
