// Package report turns the results of a whole run into tables, plots and the measured part of a document.
package report
