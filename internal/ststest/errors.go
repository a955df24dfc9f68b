// The errors of STS, as answers and as faults to ask for.

package ststest

import "net/http"

// Fault is an answer other than success: an error of STS, or none at all.
type Fault struct {
	Status  int // HTTP status; needed unless Drop is set
	Code    string
	Message string

	// Drop closes the connection instead of answering. With Done the work is
	// done first: a session is minted, an MFA code is used up, the answer is lost.
	Drop, Done bool

	// Foreign, if set, is answered with Status instead of an error of STS, as a
	// proxy or a captive portal in between does.
	Foreign *Foreign
}

// Foreign is an answer that is not of AWS. It has the Date that the server's
// clock shows.
type Foreign struct {
	Header map[string]string
	Body   string
}

// WebPage is the answer of something in between that speaks to people.
func WebPage(status int) Fault {
	return Fault{Status: status, Foreign: &Foreign{
		Header: map[string]string{"Content-Type": "text/html"},
		Body:   "<!DOCTYPE html><html><body>" + Marker + "</body></html>\n",
	}}
}

// Redirect is the answer of something in between that wants to be asked
// elsewhere.
func Redirect(status int, location string) Fault {
	return Fault{Status: status, Foreign: &Foreign{Header: map[string]string{"Location": location}}}
}

// ConnectionDropped closes the connection before any work is done.
func ConnectionDropped() Fault { return Fault{Drop: true} }

// AnswerLost does the work, then closes the connection without the answer.
func AnswerLost() Fault { return Fault{Drop: true, Done: true} }

// ExpiredToken is the answer to an expired session.
func ExpiredToken() Fault {
	return Fault{Status: http.StatusForbidden, Code: "ExpiredToken", Message: "The security token included in the request is expired"}
}

// InvalidClientTokenID is the answer to a key that is unknown or inactive, or
// that comes with a session token that is not its own.
func InvalidClientTokenID() Fault {
	return Fault{Status: http.StatusForbidden, Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid."}
}

// SignatureDoesNotMatch is the answer to a wrong secret access key.
func SignatureDoesNotMatch() Fault {
	return signatureFault("The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
}

// MissingAuthenticationToken is the answer to an unsigned request.
func MissingAuthenticationToken() Fault {
	return Fault{Status: http.StatusForbidden, Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token"}
}

// RegionDisabledException is the answer of a region that the account has not enabled.
func RegionDisabledException() Fault {
	return Fault{Status: http.StatusForbidden, Code: "RegionDisabledException", Message: "STS is not activated in this region for account:123456789012. " +
		"Your account administrator can activate STS in this region using the IAM Console."}
}

// AccessDenied is the answer to what the caller may not do.
func AccessDenied(message string) Fault {
	return Fault{Status: http.StatusForbidden, Code: "AccessDenied", Message: message}
}

// ValidationError is the answer to a parameter out of its range.
func ValidationError(message string) Fault {
	return Fault{Status: http.StatusBadRequest, Code: "ValidationError", Message: message}
}

// Throttling is the answer to too many calls; SDKs try again.
func Throttling() Fault {
	return Fault{Status: http.StatusBadRequest, Code: "Throttling", Message: "Rate exceeded"}
}

// InternalFailure is an error of the service itself; SDKs try again.
func InternalFailure() Fault {
	return Fault{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: "We encountered an internal error. Please try again."}
}

func signatureFault(message string) Fault {
	return Fault{Status: http.StatusForbidden, Code: "SignatureDoesNotMatch", Message: message}
}

func incompleteSignature(message string) *Fault {
	return &Fault{Status: http.StatusBadRequest, Code: "IncompleteSignature", Message: message}
}

// refuse makes a Fault an outcome.
func refuse(f Fault) *Fault { return &f }
