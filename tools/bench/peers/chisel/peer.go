// Package peer pins the chisel that the bench compares with.
//
// `go install chisel@version` asks for the list of all versions, which not every module proxy gives out; a build within a
// module asks for this one alone.
package peer

import _ "github.com/jpillora/chisel"
