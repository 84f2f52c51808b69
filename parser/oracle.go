package parser

import "strings"

// oracleReasons reads the words of a report of Oracle's (once Sun's, iPlanet's, Innosoft's)
// messaging server, whose machine part tells no Diagnostic-Code of its own refusals:
// https://docs.oracle.com/en/industries/communications/messaging-server/
//
//	Your message cannot be delivered to the following recipients:
//
//	  Recipient address: lena@ims-ms-daemon
//	  Original address: lena@example.com
//	  Reason: Over quota
//	  Diagnostic code: smtp;552 5.2.2 too much in it
//
// It returns what is said of each address, by the address in lower case.
func oracleReasons(text string) map[string]string {
	if !containsFold(text, "recipient address:") {
		return nil
	}
	reasons := make(map[string]string)
	var about []string
	said := ""
	flush := func() {
		for _, a := range about {
			if said != "" {
				reasons[strings.ToLower(a)] = said
			}
		}
		about, said = nil, ""
	}
	for line := range strings.SplitSeq(text, "\n") {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch {
		case !ok:
			if isBlank(line) {
				flush()
			}
		case strings.EqualFold(name, "recipient address"):
			flush()
			about = append(about, cleanAddress(value))
		case strings.EqualFold(name, "original address"):
			about = append(about, cleanAddress(value))
		case strings.EqualFold(name, "reason") && said == "":
			said = value
		case strings.EqualFold(name, "diagnostic code"):
			said = typed(value)
		}
	}
	flush()
	return reasons
}
