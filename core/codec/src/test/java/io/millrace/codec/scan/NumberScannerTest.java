package io.millrace.codec.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class NumberScannerTest {

    private static final BigInteger TWO_TO_64 = BigInteger.TWO.pow(64);

    private final NumberScanner number = new NumberScanner();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "-", "+1", ".5", "1.", "01", "-01", "00.5", "1e", "1e+", "1.e3", "e5", "x"
            })
    void seesNoNumberWhereThereIsNone(String text) {
        assertThat(scan(text)).isEqualTo(NumberScanner.NONE);
    }

    @Test
    void stopsBehindTheNumber() {
        assertThat(scan("-12.5e-3,4")).isEqualTo(8);
        assertThat(number.length()).isEqualTo(8);
        assertThat(number.toDouble()).isEqualTo(-12.5e-3);
        assertThat(scan("12]")).isEqualTo(2);
        assertThat(number.isPlainWhole()).isTrue();
        assertThat(number.whole()).isEqualTo(12);
    }

    @Test
    void hasANegativeZeroOnlyAsAFraction() {
        scan("-0");
        assertThat(Float.floatToRawIntBits(number.toFloat())).isZero();
        assertThat(Double.doubleToRawLongBits(number.toDouble())).isZero();
        scan("-0.0");
        assertThat(Float.floatToRawIntBits(number.toFloat())).isEqualTo(Integer.MIN_VALUE);
        assertThat(Double.doubleToRawLongBits(number.toDouble())).isEqualTo(Long.MIN_VALUE);
    }

    /** The specification's own rounding, {@link Float#parseFloat}, is the judge. */
    @Test
    void roundsAsJavaDoes() {
        RandomGenerator random = random(1);
        for (int i = 0; i < 300_000; i++) {
            assertSameAsJava(
                    switch (i % 6) {
                        case 0 -> Float.toString(finite(random.nextInt()));
                        case 1 -> Double.toString((double) finite(random.nextInt()));
                        case 2 -> halfway(random);
                        case 3 -> digits(random, 1, 40) + "." + digits(random, 1, 40);
                        case 4 -> digits(random, 1, 25) + "e" + random.nextInt(-340, 310);
                        default -> Double.toString(random.nextInt(256) / 255.0);
                    });
        }
    }

    @Test
    void roundsTheHardOnesAsJavaDoes() {
        for (String text :
                new String[] {
                    "16777217.0",
                    "16777219.0",
                    "1.00000017881393432617187499",
                    "1.00000017881393432617187500",
                    "1.00000017881393432617187501",
                    "7.0064923216240853e-46",
                    "7.0064923216240854e-46",
                    "1.17549428e-38",
                    "1.1754943508222875e-38",
                    "3.4028235677973366e38",
                    "3.4028235677973365e38",
                    "4.9e-324",
                    "2.4703282292062327e-324",
                    "2.4703282292062328e-324",
                    "1.7976931348623158e308",
                    "1.7976931348623159e308",
                    "9007199254740993.0",
                    "0.000000000000000000000000000000000000000000000000000001",
                    "1e-400",
                    "1e400",
                    "1e99999999999999999999",
                    "1e-99999999999999999999",
                    "0e99999999999999999999",
                    "9".repeat(400) + ".0",
                    "0." + "9".repeat(400),
                    "0." + "0".repeat(400) + "1e401"
                }) {
            assertSameAsJava(text);
        }
    }

    @Test
    void keepsWholeNumbersOf64Bits() {
        RandomGenerator random = random(2);
        for (int i = 0; i < 100_000; i++) {
            String text = (random.nextBoolean() ? "-" : "") + digits(random, 1, 22);
            BigInteger exact = new BigInteger(text);
            assertThat(scan(text)).isEqualTo(text.length());
            boolean isLong = exact.bitLength() < 64;
            assertThat(number.fits(Long.MIN_VALUE, Long.MAX_VALUE)).as(text).isEqualTo(isLong);
            if (isLong) {
                assertThat(number.whole()).isEqualTo(exact.longValueExact());
            }
            scan(text);
            boolean isUnsigned = exact.signum() >= 0 && exact.compareTo(TWO_TO_64) < 0;
            assertThat(number.fitsUnsigned()).as(text).isEqualTo(isUnsigned);
            if (isUnsigned) {
                assertThat(number.whole()).isEqualTo(exact.longValue());
            }
        }
    }

    @Test
    void keepsTheLimitsOf64Bits() {
        assertThat(fits("9223372036854775807")).isTrue();
        assertThat(fits("9223372036854775808")).isFalse();
        assertThat(fits("-9223372036854775808")).isTrue();
        assertThat(fits("-9223372036854775809")).isFalse();
        for (String text : new String[] {"18446744073709551615", "18446744073709551616"}) {
            scan(text);
            assertThat(number.fitsUnsigned()).isEqualTo(text.endsWith("5"));
        }
        for (String text : new String[] {"28446744073709551615", "99999999999999999999"}) {
            scan(text);
            assertThat(number.fitsUnsigned()).isFalse();
        }
    }

    @Test
    void takesFractionsThatAreWhole() {
        assertThat(fits("3.0")).isTrue();
        assertThat(number.whole()).isEqualTo(3);
        assertThat(fits("1e3")).isTrue();
        assertThat(number.whole()).isEqualTo(1_000);
        assertThat(fits("-0.0")).isTrue();
        assertThat(number.whole()).isZero();
        assertThat(fits("1.5")).isFalse();
        assertThat(fits("1e300")).isFalse();
        assertThat(fits("9007199254740993.0")).as("rounds to 2^53").isTrue();
        assertThat(fits("9007199254740994.0")).isFalse();
    }

    private boolean fits(String text) {
        scan(text);
        return number.fits(Long.MIN_VALUE, Long.MAX_VALUE);
    }

    private int scan(String text) {
        return number.scan(text.getBytes(StandardCharsets.US_ASCII), 0);
    }

    private void assertSameAsJava(String text) {
        assertThat(scan(text)).as(text).isEqualTo(text.length());
        assertThat(Float.floatToRawIntBits(number.toFloat()))
                .as(text)
                .isEqualTo(Float.floatToRawIntBits(Float.parseFloat(text)));
        assertThat(Double.doubleToRawLongBits(number.toDouble()))
                .as(text)
                .isEqualTo(Double.doubleToRawLongBits(Double.parseDouble(text)));
    }

    private static float finite(int bits) {
        float value = Float.intBitsToFloat(bits);
        return Float.isFinite(value) ? value : 1;
    }

    private static String halfway(RandomGenerator random) {
        float low = Float.intBitsToFloat(random.nextInt(1, 0x7f00_0000));
        BigDecimal middle =
                new BigDecimal(low).add(new BigDecimal(Math.nextUp(low))).divide(BigDecimal.TWO);
        String text =
                switch (random.nextInt(3)) {
                    case 0 -> middle.toString();
                    case 1 -> middle.round(new MathContext(random.nextInt(14, 22))).toString();
                    default -> Double.toString(Math.nextUp(middle.doubleValue()));
                };
        return text.contains(".") || text.contains("E") ? text : text + ".0";
    }

    private static String digits(RandomGenerator random, int from, int to) {
        var text = new StringBuilder().append((char) ('1' + random.nextInt(9)));
        for (int i = random.nextInt(from, to); i > 1; i--) {
            text.append((char) ('0' + random.nextInt(10)));
        }
        return text.toString();
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }
}
