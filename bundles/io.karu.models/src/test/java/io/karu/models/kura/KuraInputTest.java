package io.karu.models.kura;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.inference.ElementType;
import io.karu.api.inference.TensorInfo;
import io.karu.vision.GrayDecoder;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.eclipse.kura.ai.inference.Tensor;
import org.eclipse.kura.ai.inference.TensorDescriptor;
import org.junit.jupiter.api.Test;

class KuraInputTest {
    private static final TensorInfo IMAGE =
            new TensorInfo("image", ElementType.UINT8, List.of(1L, 1L, -1L, -1L));
    private static final TensorInfo ROW = new TensorInfo("x", ElementType.FLOAT, List.of(1L, -1L));

    private static <T> Tensor tensor(Class<T> type, List<Long> shape, List<T> elements) {
        return new Tensor(type, TensorDescriptor.builder("x", "any", shape).build(), elements);
    }

    private static KuraInput read(TensorInfo info, Tensor tensor) {
        return KuraInput.of(info, tensor, new GrayDecoder());
    }

    private static List<Byte> list(byte[] bytes) {
        List<Byte> list = new ArrayList<>();
        for (byte one : bytes) {
            list.add(one);
        }
        return list;
    }

    @Test
    void anImageFileBecomesPixelsOfItsSize() throws Exception {
        BufferedImage image = new BufferedImage(5, 3, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSample(4, 2, 0, 200);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(image, "png", png);
        KuraInput input = read(IMAGE, tensor(Byte.class, IMAGE.shape(), list(png.toByteArray())));
        assertEquals(List.of(1L, 1L, 3L, 5L), input.shape());
        assertEquals(15, input.data().remaining());
        assertEquals((byte) 200, input.data().get(14));
    }

    @Test
    void rawPixelsAreTakenWithTheirFullShape() {
        KuraInput input =
                read(
                        IMAGE,
                        tensor(Byte.class, List.of(1L, 1L, 1L, 2L), List.of((byte) 7, (byte) -1)));
        assertEquals(List.of(1L, 1L, 1L, 2L), input.shape());
        assertEquals(7, input.data().get(0));
        assertEquals(-1, input.data().get(1));
    }

    @Test
    void elementsAreConvertedAndTheOpenDimensionFollowsFromTheirCount() {
        KuraInput input = read(ROW, tensor(Double.class, ROW.shape(), List.of(1.5, 2.5, 3.5)));
        assertEquals(List.of(1L, 3L), input.shape());
        assertEquals(2.5f, input.data().getFloat(4));
        assertEquals(
                List.of(1L, 1L), read(ROW, tensor(Integer.class, List.of(), List.of(4))).shape());
        assertEquals(
                List.of(1L, 2L),
                read(ROW, tensor(Byte.class, ROW.shape(), list(new byte[8]))).shape());
    }

    @Test
    void whatDoesNotFitIsRefusedSayingWhatToGive() {
        assertRefused("image file", IMAGE, tensor(Byte.class, IMAGE.shape(), list(new byte[9])));
        assertRefused(
                "takes 8 bytes, was given 12",
                ROW,
                tensor(Float.class, List.of(1L, 2L), List.of(1f, 2f, 3f)));
        assertRefused("String", ROW, tensor(String.class, ROW.shape(), List.of("1")));
        assertRefused(
                "more than one dimension",
                IMAGE,
                tensor(Integer.class, IMAGE.shape(), List.of(1, 2)));
    }

    private static void assertRefused(String message, TensorInfo info, Tensor tensor) {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> read(info, tensor));
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }
}
