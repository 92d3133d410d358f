/**
 * Images, boards and defects: decoding, connected components, boxes and their scoring, heat maps.
 * Plain Java, no native code.
 */
package io.karu.vision;
