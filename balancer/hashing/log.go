package hashing

import "math"

// toOne makes a number u between 0 and 1 of the upper 52 bits, x, of a hash, u = (2x + 1) / 2^53, and
// returns 1 - u. Both are exact.
func toOne(hash uint64) float64 {
	x := float64(int64(1<<53 - 1 - hash>>12<<1)) // a signed integer is converted faster
	return float64(x * (1.0 / (1 << 53)))
}

// minusLog returns -ln(1 - distance) for what toOne returned, and never less than the distance.
func minusLog(distance float64) float64 {
	return max(distance, -ln(1-distance))
}

// ln is the natural logarithm of a normal, positive number, to within one unit in the last place.
//
// It is that of FreeBSD's msun (e_log.c), which math.Log follows too. But math.Log is assembly on some
// architectures and fuses multiplications with additions on others, and two agents must agree to the
// last bit; here each conversion to float64 makes the compiler round a product by itself.
func ln(x float64) float64 {
	const (
		ln2Hi = 6.93147180369123816490e-01
		ln2Lo = 1.90821492927058770002e-10
		l1    = 6.666666666666735130e-01
		l2    = 3.999999999940941908e-01
		l3    = 2.857142874366239149e-01
		l4    = 2.222219843214978396e-01
		l5    = 1.818357216161805012e-01
		l6    = 1.531383769920937332e-01
		l7    = 1.479819860511658591e-01
	)
	const halfBits = 1022 << 52 // the bits of 0.5
	pattern := math.Float64bits(x)
	exponent := int(pattern>>52) - 1022
	fraction := math.Float64frombits(pattern&(1<<52-1) | halfBits)
	if fraction < math.Sqrt2/2 {
		fraction, exponent = fraction*2, exponent-1
	}
	f, k := fraction-1, float64(exponent)
	s := f / (2 + f)
	s2 := float64(s * s)
	s4 := float64(s2 * s2)
	odd := float64(s2 * (l1 + float64(s4*(l3+float64(s4*(l5+float64(s4*l7)))))))
	even := float64(s4 * (l2 + float64(s4*(l4+float64(s4*l6)))))
	half := float64(0.5 * float64(f*f))
	rest := float64(s*(half+odd+even)) + float64(k*ln2Lo)
	return float64(k*ln2Hi) - ((half - rest) - f)
}
