// Package meeting tests whole meetings in real browsers, through the relay that people run: what everybody sees, hears
// and can do, how long it takes, and that nothing leaves the site. Its tests need the built site (make site).
package meeting
