// Package peer fixes the version of chisel that the bench compares with.
//
// `go install chisel@version` requests the list of all versions, which not every module proxy returns; a build within a
// module requests only this version.
package peer

import _ "github.com/jpillora/chisel"
