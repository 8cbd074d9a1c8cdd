package io.millrace.codec.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DecodeSpec;
import io.millrace.api.DecodeSpec.Format;
import io.millrace.api.ErrorCode;
import io.millrace.api.ImageSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SampleFormatTest {

    private static final String PATIENT =
            "{\"type\":\"record\",\"name\":\"P\",\"namespace\":\"x\",\"fields\":[{\"name\":\"gender\",\"type\":\"float\"},"
                    + "{\"name\":\"age\",\"type\":\"float\"},{\"name\":\"smoking\",\"type\":\"float\"}]}";

    static DecodeSpec decode(
            Format format,
            List<String> fields,
            Optional<DataType> type,
            double scale,
            List<Integer> shape,
            Optional<String> schema,
            Optional<ImageSpec> image) {
        return new DecodeSpec(
                format,
                fields,
                type,
                scale,
                DecodeSpec.Order.AS_LISTED,
                false,
                shape,
                schema,
                image);
    }

    static DecodeSpec raw(DataType type, double scale, Integer... shape) {
        return decode(
                Format.RAW,
                List.of(),
                Optional.of(type),
                scale,
                List.of(shape),
                Optional.empty(),
                Optional.empty());
    }

    static DecodeSpec avro(String schema, String... fields) {
        return decode(
                Format.AVRO,
                List.of(fields),
                Optional.empty(),
                1,
                List.of(),
                Optional.of(schema),
                Optional.empty());
    }

    static DecodeSpec plain(Format format, String... fields) {
        return decode(
                format,
                List.of(fields),
                Optional.empty(),
                1,
                List.of(),
                Optional.empty(),
                Optional.empty());
    }

    private static SampleFormat of(DecodeSpec decode, byte[] first) {
        return SampleFormat.of(decode, first, "x", Set.of());
    }

    private static ByteBuffer decoded(SampleFormat format, byte[] payload) {
        PayloadDecoder decoder = format.decoder();
        byte[] batch = new byte[2 * decoder.itemBytes()];
        decoder.decode(payload, batch, 1);
        return ByteBuffer.wrap(batch, decoder.itemBytes(), decoder.itemBytes())
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void rawTypesStayAsTheyAreSentUnlessScaled() {
        SampleFormat format = of(raw(DataType.UINT8, 1, 2, 2), new byte[] {1, 2, 3, (byte) 255});
        assertThat(format.tensor())
                .isEqualTo(new TensorSpec("x", DataType.UINT8, Shape.of(-1, 2, 2)));
        assertThat(decoded(format, new byte[] {1, 2, 3, -1}).array())
                .containsExactly(0, 0, 0, 0, 1, 2, 3, -1);
        SampleFormat scaled = of(raw(DataType.UINT8, 0.5, 2), new byte[] {1, 2});
        assertThat(scaled.tensor().type()).isEqualTo(DataType.FP32);
        assertThat(decoded(scaled, new byte[] {4, 3}).getFloat(4)).isEqualTo(1.5f);
    }

    @Test
    void rawWithoutShapeIsAVector() {
        SampleFormat format = of(raw(DataType.FP64, 1), new byte[24]);
        assertThat(format.tensor().shape()).isEqualTo(Shape.of(-1, 3));
        assertThat(format.tensor().type()).isEqualTo(DataType.FP64);
        assertThat(of(raw(DataType.UINT8, 1), new byte[1]).tensor().shape())
                .isEqualTo(Shape.of(-1, 1));
    }

    @ParameterizedTest
    @CsvSource({
        "FP64, 4, 4, FP32", "FP64, 1, 1, UINT8", "INT64, 1, 1, UINT8", "FP32, 2, 4, FP16",
        "BOOL, 1, 1, BOOL", "INT64, 3, 12, INT32", "UINT8, 1, 2, UINT16", "FP16, 2, 16, FP64"
    })
    void theLengthOfTheFirstRecordDecidesTheWidth(
            DataType declared, int elements, int bytes, DataType found) {
        int length = declared == DataType.FP64 && elements == 4 ? 16 : bytes;
        SampleFormat format = of(raw(declared, 1, elements), new byte[length]);
        assertThat(format.tensor().type()).isEqualTo(found);
        assertThat(format.decode().type()).contains(found);
    }

    @Test
    void otherLengthsAreRefusedWithTheExpectedOne() {
        assertThatThrownBy(() -> of(raw(DataType.UINT8, 1, 28, 28), new byte[783]))
                .hasMessage(
                        "x: expected uint8 of shape [28, 28], which is 784 bytes, got 783 bytes");
        assertThatThrownBy(() -> of(raw(DataType.FP32, 1), new byte[6]))
                .hasMessageContaining("of 4 bytes each, got 6 bytes");
        assertThatThrownBy(() -> of(raw(DataType.FP32, 1), new byte[0]))
                .hasMessageContaining("got 0 bytes");
    }

    @Test
    void avroFieldsAreOneVectorInTheOrderOfTheSchema() {
        byte[] payload = HexFormat.of().parseHex("5c4d883fd22cb93fb1a6a43e");
        SampleFormat format = of(avro(PATIENT), payload);
        assertThat(format.tensor()).isEqualTo(new TensorSpec("x", DataType.FP32, Shape.of(-1, 3)));
        ByteBuffer item = decoded(format, payload);
        assertThat(item.getFloat(0))
                .isEqualTo(ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getFloat(0));
        assertThat(item.getFloat(8)).isBetween(0.321f, 0.322f);
        SampleFormat label =
                of(
                        avro(
                                "{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"d\",\"type\":\"boolean\"}]}"),
                        new byte[] {1});
        assertThat(label.tensor()).isEqualTo(new TensorSpec("x", DataType.BOOL, Shape.of(-1, 1)));
        assertThat(decoded(label, new byte[] {1}).get(0)).isEqualTo((byte) 1);
    }

    @Test
    void avroOfAllPrimitivesAndUnions() {
        String schema =
                "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"i\",\"type\":\"int\"},{\"name\":\"s\",\"type\":\"string\"},"
                        + "{\"name\":\"l\",\"type\":[\"null\",\"long\"]},{\"name\":\"d\",\"type\":[\"double\",\"null\"]},"
                        + "{\"name\":\"b\",\"type\":{\"type\":\"boolean\"}}]}";
        ByteBuffer payload = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        payload.put((byte) 3); // -2
        payload.put((byte) 4).put((byte) 'h').put((byte) 'i');
        payload.put((byte) 2).put((byte) 0x80).put((byte) 0x01); // branch 1, 64
        payload.put((byte) 0).putDouble(2.5);
        payload.put((byte) 1);
        byte[] bytes = java.util.Arrays.copyOf(payload.array(), payload.position());
        SampleFormat format = of(avro(schema, "b", "i", "l", "d"), bytes);
        assertThat(format.tensor().type()).isEqualTo(DataType.FP64);
        ByteBuffer item = decoded(format, bytes);
        assertThat(item.getDouble(0)).isEqualTo(1);
        assertThat(item.getDouble(8)).isEqualTo(-2);
        assertThat(item.getDouble(16)).isEqualTo(64);
        assertThat(item.getDouble(24)).isEqualTo(2.5);
        assertThatThrownBy(() -> of(avro(schema), bytes))
                .hasMessageContaining("field 's' is string");
        assertThatThrownBy(() -> of(avro(schema, "z"), bytes))
                .hasMessageContaining("no field 'z'; it has [i, s, l, d, b]");
        byte[] isNull = bytes.clone();
        isNull[4] = 0;
        assertThatThrownBy(() -> decoded(format, isNull))
                .hasMessage("field 'l': expected a number, got null");
    }

    @Test
    void avroThatDoesNotFitItsSchemaIsToldWithItsField() {
        SampleFormat format = of(avro(PATIENT), new byte[12]);
        assertThatThrownBy(() -> decoded(format, new byte[11]))
                .hasMessageContaining("field 'smoking' at byte 8: expected 4 more bytes, got 3");
        assertThatThrownBy(() -> decoded(format, new byte[13]))
                .hasMessageContaining("1 bytes follow");
        assertThatThrownBy(() -> of(avro("{\"type\":\"array\",\"items\":\"int\"}"), new byte[1]))
                .hasMessageContaining("expected field 'value' to be a primitive");
        assertThatThrownBy(() -> of(avro("{"), new byte[1])).hasMessageContaining("is no JSON");
    }

    @Test
    void csvTakesAllColumnsButThatOfTheLabel() {
        byte[] line = ascii("5.1, 3.5,\"1.4\",0.2,setosa\r\n");
        SampleFormat format = SampleFormat.of(plain(Format.CSV), line, "x", Set.of("4"));
        assertThat(format.decode().fields()).containsExactly("0", "1", "2", "3");
        assertThat(format.tensor()).isEqualTo(new TensorSpec("x", DataType.FP32, Shape.of(-1, 4)));
        assertThat(decoded(format, line).getFloat(8)).isEqualTo(1.4f);
        assertThat(decoded(format, ascii("1,2,3,4")).getFloat(12)).isEqualTo(4f);
        assertThatThrownBy(() -> decoded(format, ascii("1,2,3")))
                .hasMessage("payload: expected at least 4 columns, got 3");
        assertThatThrownBy(() -> decoded(format, ascii("1,2,x,4")))
                .hasMessageContaining("column 2: expected a number, got 'x'");
        assertThatThrownBy(() -> decoded(format, ascii("1,2,3,4\n5,6")))
                .hasMessageContaining("expected one line of CSV");
        var label =
                new TextLabel(
                        decode(
                                Format.CSV,
                                List.of("4"),
                                Optional.of(DataType.BYTES),
                                1,
                                List.of(),
                                Optional.empty(),
                                Optional.empty()));
        assertThat(label.read(line)).isEqualTo("setosa");
        assertThatThrownBy(() -> label.read(ascii("1,2"))).hasMessageContaining("5 columns, got 2");
    }

    @Test
    void csvColumnsStandInTheOrderInWhichTheyAreNamed() {
        SampleFormat format = of(plain(Format.CSV, "2", "0"), ascii("1,2,3"));
        ByteBuffer item = decoded(format, ascii("1,2,3"));
        assertThat(item.getFloat(0)).isEqualTo(3f);
        assertThat(item.getFloat(4)).isEqualTo(1f);
    }

    @Test
    void npySaysItsTypeAndShapeItself() {
        byte[] header = NpyHeader.write(DataType.INT16, Shape.of(2, 3), 0);
        assertThat(header.length % 64).isZero();
        byte[] payload = java.util.Arrays.copyOf(header, header.length + 12);
        payload[header.length + 2] = 7;
        SampleFormat format = of(plain(Format.NPY), payload);
        assertThat(format.tensor())
                .isEqualTo(new TensorSpec("x", DataType.INT16, Shape.of(-1, 2, 3)));
        assertThat(decoded(format, payload).getShort(2)).isEqualTo((short) 7);
        assertThatThrownBy(() -> decoded(format, NpyHeader.write(DataType.INT16, Shape.of(3), 0)))
                .hasMessageContaining("expected an array of 2x3 numbers, got one of shape [3]");
        assertThatThrownBy(() -> of(plain(Format.NPY), ascii("not an array at all")))
                .hasMessageContaining("as numpy.save writes it");
        byte[] bad = payload.clone();
        bad[9] = 0x7f;
        assertThatThrownBy(() -> of(plain(Format.NPY), bad)).hasMessageContaining("a header of");
    }

    @Test
    void npyHeadersOfNumPyAreUnderstood() {
        // as numpy.lib.format writes them, the padding left out
        for (Map.Entry<String, TensorSpec> each :
                Map.of(
                                "{'descr': '<f4', 'fortran_order': False, 'shape': (), }",
                                new TensorSpec("x", DataType.FP32, Shape.of(-1)),
                                "{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }",
                                new TensorSpec("x", DataType.BOOL, Shape.of(-1, 4)))
                        .entrySet()) {
            byte[] text = ascii(each.getKey());
            ByteBuffer payload = ByteBuffer.allocate(10 + text.length + 4);
            payload.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
            payload.put((byte) text.length).put((byte) 0).put(text);
            assertThat(of(plain(Format.NPY), payload.array()).tensor()).isEqualTo(each.getValue());
        }
    }

    @Test
    void jsonAndMessagePackTakeTheExtentsOfTheFirst() {
        SampleFormat json = of(plain(Format.JSON, "image"), ascii("{\"image\":[[1,2,3],[4,5,6]]}"));
        assertThat(json.tensor()).isEqualTo(new TensorSpec("x", DataType.FP32, Shape.of(-1, 2, 3)));
        SampleFormat fields =
                of(plain(Format.JSON, "a", "b"), ascii("{\"b\":1,\"a\":2,\"label\":\"x\"}"));
        assertThat(fields.tensor().shape()).isEqualTo(Shape.of(-1, 2));
        SampleFormat packed =
                of(plain(Format.MSGPACK), Payloads.packed(List.of(List.of(1.0), List.of(2.0))));
        assertThat(packed.tensor().shape()).isEqualTo(Shape.of(-1, 2, 1));
        SampleFormat scalar = of(plain(Format.JSON), ascii("7"));
        assertThat(scalar.tensor().shape()).isEqualTo(Shape.of(-1));
        assertThatThrownBy(() -> of(plain(Format.JSON, "image"), ascii("{\"imag\":[1]}")))
                .hasMessageContaining("'image' is missing");
        assertThatThrownBy(() -> of(plain(Format.JSON), ascii("nonsense")))
                .hasMessageContaining("expected JSON");
    }

    @Test
    void whatAShapeSaysMustBeWhatAModelTakes() {
        assertThatThrownBy(() ->
                        PayloadDecoder.of(
                                raw(DataType.UINT8, 1, 28, 28),
                                new TensorSpec("in", DataType.FP32, Shape.of(-1, 10))))
                .isInstanceOf(MillraceException.class)
                .hasMessage(
                        "decode.shape [28, 28] is 784 numbers, but an item of the model's input is 10 numbers")
                .extracting(e -> ((MillraceException) e).code())
                .isEqualTo(ErrorCode.INVALID);
        PayloadDecoder decoder =
                PayloadDecoder.of(
                        raw(DataType.UINT8, 1, 28, 28),
                        new TensorSpec("in", DataType.FP32, Shape.of(-1, 28, 28, 1)));
        assertThat(decoder.itemShape()).isEqualTo(Shape.of(28, 28, 1));
    }
}
