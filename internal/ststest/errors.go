// The errors of STS, as answers and as faults that tests request.

package ststest

import "net/http"

// Fault is an answer other than success: an error of STS, or no answer at all.
type Fault struct {
	Status  int // HTTP status; required unless Drop is set
	Code    string
	Message string

	// Drop closes the connection instead of answering. With Done the server
	// first does the work: it creates the session and uses up the MFA code, but
	// the answer is lost.
	Drop, Done bool

	// Foreign, if set, is sent with Status instead of an error of STS, as a
	// proxy or a captive portal would do.
	Foreign *Foreign
}

// Foreign is an answer that does not come from AWS. Its Date is that of the
// server's clock.
type Foreign struct {
	Header map[string]string
	Body   string
}

// WebPage returns the answer of a proxy or captive portal that shows a page to
// a person.
func WebPage(status int) Fault {
	return Fault{Status: status, Foreign: &Foreign{
		Header: map[string]string{"Content-Type": "text/html"},
		Body:   "<!DOCTYPE html><html><body>" + Marker + "</body></html>\n",
	}}
}

// Redirect returns the answer of a proxy or captive portal that redirects the
// client.
func Redirect(status int, location string) Fault {
	return Fault{Status: status, Foreign: &Foreign{Header: map[string]string{"Location": location}}}
}

// ConnectionDropped returns a Fault that closes the connection before any work
// is done.
func ConnectionDropped() Fault { return Fault{Drop: true} }

// AnswerLost returns a Fault that does the work, then closes the connection
// without the answer.
func AnswerLost() Fault { return Fault{Drop: true, Done: true} }

// ExpiredToken returns the answer to an expired session.
func ExpiredToken() Fault {
	return Fault{Status: http.StatusForbidden, Code: "ExpiredToken",
		Message: "The security token included in the request is expired"}
}

// InvalidClientTokenID returns the answer to a key that is unknown or inactive,
// or that comes with the session token of another key.
func InvalidClientTokenID() Fault {
	return Fault{Status: http.StatusForbidden, Code: "InvalidClientTokenId",
		Message: "The security token included in the request is invalid."}
}

// SignatureDoesNotMatch returns the answer to a wrong secret access key.
func SignatureDoesNotMatch() Fault {
	return signatureFault("The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
}

// MissingAuthenticationToken returns the answer to an unsigned request.
func MissingAuthenticationToken() Fault {
	return Fault{Status: http.StatusForbidden, Code: "MissingAuthenticationToken",
		Message: "Request is missing Authentication Token"}
}

// RegionDisabledException returns the answer of a region that the account has
// not enabled.
func RegionDisabledException() Fault {
	return Fault{Status: http.StatusForbidden, Code: "RegionDisabledException",
		Message: "STS is not activated in this region for account:123456789012. " +
			"Your account administrator can activate STS in this region using the IAM Console."}
}

// AccessDenied returns the answer to a call that the caller may not make.
func AccessDenied(message string) Fault {
	return Fault{Status: http.StatusForbidden, Code: "AccessDenied", Message: message}
}

// ValidationError returns the answer to a parameter out of its range.
func ValidationError(message string) Fault {
	return Fault{Status: http.StatusBadRequest, Code: "ValidationError", Message: message}
}

// Throttling returns the answer to too many calls. SDKs retry.
func Throttling() Fault {
	return Fault{Status: http.StatusBadRequest, Code: "Throttling", Message: "Rate exceeded"}
}

// InternalFailure returns an error of the service itself. SDKs retry.
func InternalFailure() Fault {
	return Fault{Status: http.StatusInternalServerError, Code: "InternalFailure",
		Message: "We encountered an internal error. Please try again."}
}

func signatureFault(message string) Fault {
	return Fault{Status: http.StatusForbidden, Code: "SignatureDoesNotMatch", Message: message}
}

func incompleteSignature(message string) *Fault {
	return &Fault{Status: http.StatusBadRequest, Code: "IncompleteSignature", Message: message}
}

// refuse returns a pointer to f.
func refuse(f Fault) *Fault { return &f }
