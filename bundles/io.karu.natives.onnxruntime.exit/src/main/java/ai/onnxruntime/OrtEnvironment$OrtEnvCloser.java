package ai.onnxruntime;

/**
 * Takes the place of ONNX Runtime's own class of this name in the bundle. That one frees the native
 * environment in a shutdown hook, while inspection threads may still be inside a run: the JVM then
 * ends with a segmentation fault instead of saying goodbye to the broker. Here the environment is
 * left to the operating system, which frees it with the process.
 *
 * @see <a href="https://github.com/microsoft/onnxruntime/issues/31352">ONNX Runtime issue 31352</a>
 */
final class OrtEnvironment$OrtEnvCloser implements Runnable {
    OrtEnvironment$OrtEnvCloser(long apiHandle, long nativeHandle) {}

    @Override
    public void run() {
        // Nothing to do: see above.
    }
}
