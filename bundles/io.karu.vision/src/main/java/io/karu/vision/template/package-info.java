/**
 * Golden-template comparison on a gateway and in an evaluation: the same pixels in, the same
 * findings out.
 */
package io.karu.vision.template;
