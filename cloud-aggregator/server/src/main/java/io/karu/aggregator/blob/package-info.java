/** Images and heat maps, addressed by their content. */
package io.karu.aggregator.blob;
