package io.karu.learning.backbone;

/** Turns TensorFlow's channels-last kernels into ONNX's layout. */
final class KernelLayout {
    private KernelLayout() {}

    /** From {@code [h,w,in,out]} to {@code [out,in,h,w]}. */
    static float[] dense(float[] from, int height, int width, int in, int out) {
        float[] to = new float[from.length];
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int i = 0; i < in; i++) {
                    for (int o = 0; o < out; o++) {
                        to[((o * in + i) * height + y) * width + x] = from[at++];
                    }
                }
            }
        }
        return to;
    }

    /** From {@code [h,w,channel,multiplier]} to {@code [channel·multiplier,1,h,w]}. */
    static float[] depthwise(float[] from, int height, int width, int channels, int multiplier) {
        return dense(from, height, width, 1, channels * multiplier);
    }
}
