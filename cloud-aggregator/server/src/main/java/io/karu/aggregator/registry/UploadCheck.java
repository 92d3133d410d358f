package io.karu.aggregator.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.modelversion.ModelVersionFolder;
import java.io.IOException;

/** What a folder must prove before it is a version. */
public interface UploadCheck {
    /**
     * Checks graph, card and golden outputs.
     *
     * @return facts of the graph: {@code opset}, {@code operators} with their counts, {@code
     *     parameters}, {@code macs} and {@code peakActivationBytes} of the first golden case,
     *     {@code engine}
     * @throws AggregatorException {@code MODEL_INVALID}; the message names what is wrong
     */
    JsonNode check(ModelVersionFolder version) throws IOException;
}
