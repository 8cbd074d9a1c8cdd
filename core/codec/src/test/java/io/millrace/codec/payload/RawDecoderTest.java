package io.millrace.codec.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The loops for common pairs give what the general way gives, and nothing else is made. */
class RawDecoderTest {

    private static final int ITEM = 784;

    @Test
    void bytesBecomeTheSameFloatsAsOneByOne() {
        byte[] payload = new byte[257];
        for (int i = 0; i < payload.length; i++) {
            payload[i] = (byte) (i * 31);
        }
        for (DataType source : List.of(DataType.UINT8, DataType.INT8)) {
            for (double scale : new double[] {1, 1 / 255.0, -3.7, 0}) {
                byte[] batch = new byte[2 * 257 * 4];
                decoder(source, DataType.FP32, scale, 257).decode(payload, batch, 1);
                ByteBuffer floats = ByteBuffer.wrap(batch).order(ByteOrder.LITTLE_ENDIAN);
                for (int i = 0; i < 257; i++) {
                    int number = source == DataType.UINT8 ? payload[i] & 0xff : payload[i];
                    assertThat(floats.getFloat(4 * i)).isZero();
                    assertThat(floats.getFloat(4 * (257 + i))).isEqualTo((float) (number * scale));
                }
            }
        }
    }

    @Test
    void floatsAreCopiedUnlessOneIsNotFinite() {
        ByteBuffer payload = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        payload.putFloat(1.5f).putFloat(-0f).putFloat(Float.MIN_VALUE);
        byte[] batch = new byte[24];
        PayloadDecoder decoder = decoder(DataType.FP32, DataType.FP32, 1, 3);
        decoder.decode(payload.array(), batch, 1);
        assertThat(ByteBuffer.wrap(batch, 12, 12)).isEqualTo(payload.rewind());
        for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            payload.putFloat(8, odd);
            assertThatThrownBy(() -> decoder.decode(payload.array(), batch, 0))
                    .hasMessageContaining(odd + ", which float32 cannot hold")
                    .hasMessageContaining("[2]");
        }
    }

    @Test
    void aScaleThatIsTooLargeIsToldOfTheNumberThatDoesNotFit() {
        PayloadDecoder decoder = decoder(DataType.UINT8, DataType.FP32, 1e37, 2);
        decoder.decode(new byte[] {1, 2}, new byte[8], 0);
        assertThatThrownBy(() -> decoder.decode(new byte[] {1, (byte) 200}, new byte[8], 0))
                .hasMessageContaining("200.0 (times 1.0E37), which float32 cannot hold");
    }

    @Test
    void neitherDecodingNorEncodingMakesMoreThanTheAnswer() {
        PayloadDecoder decoder = decoder(DataType.UINT8, DataType.FP32, 1 / 255.0, ITEM);
        var encoder =
                PayloadEncoder.of(
                        new EncodeSpec(EncodeSpec.Format.JSON, List.of(), 1, List.of()),
                        DecodeSpec.Format.RAW,
                        new TensorSpec("y", DataType.FP32, Shape.of(-1, 10)));
        var output =
                Tensor.ofFloats(Shape.of(1, 10), new float[] {0, 0, 0.5f, 0, 0, 0, 0, 0, 0, 0});
        byte[] payload = new byte[ITEM];
        byte[] batch = new byte[decoder.itemBytes()];
        int length = encoder.encode(payload, output, 0).length;
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long records = 20_000;
        long begun = 0;
        long sum = 0;
        for (int round = 0; round < 2; round++) { // the first one is to warm up
            begun = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < records; i++) {
                decoder.decode(payload, batch, 0);
                sum += encoder.encode(payload, output, 0).length;
            }
        }
        long perRecord = (threads.getCurrentThreadAllocatedBytes() - begun) / records;
        assertThat(sum).isEqualTo(2 * records * length);
        assertThat(perRecord).as("bytes a record").isLessThan(300);
    }

    private static PayloadDecoder decoder(
            DataType source, DataType target, double scale, int elements) {
        return PayloadDecoder.of(
                new DecodeSpec(DecodeSpec.Format.RAW, List.of(), Optional.of(source), scale),
                new TensorSpec("x", target, Shape.of(-1, elements)));
    }
}
