"""What one is looking at in the Vision panel, with the formulas and the papers."""

ABOUT = """
<p>A <b>classifier</b> turns an image x into a score s<sub>k</sub> for each class, and the scores into probabilities
p<sub>k</sub> = e<sup>s<sub>k</sub></sup> / Σ<sub>j</sub> e<sup>s<sub>j</sub></sup>. Training moves the weights against the gradient of the
mean <b>cross-entropy</b> -log p<sub>y</sub> of the true class y, a mini-batch at a time.</p>
<p>A <b>convolution</b> slides the same small filter over the whole image; pooling and stride make the maps smaller and what one place
sees larger (its receptive field, in the view <i>layer table</i>). Networks here: LeNet-5
(<a href="http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf">LeCun et al. 1998</a>), AlexNet, VGG
(<a href="https://arxiv.org/abs/1409.1556">2015</a>), Network in Network (<a href="https://arxiv.org/abs/1312.4400">2014</a>), GoogLeNet
(<a href="https://arxiv.org/abs/1409.4842">2015</a>), ResNet (<a href="https://arxiv.org/abs/1512.03385">2016</a>), DenseNet
(<a href="https://arxiv.org/abs/1608.06993">2017</a>), MobileNet (<a href="https://arxiv.org/abs/1704.04861">V1</a>,
<a href="https://arxiv.org/abs/1801.04381">V2</a>).</p>
<p><b>Where it looks.</b> <i>CAM</i> (<a href="https://arxiv.org/abs/1512.04150">Zhou et al. 2016</a>): Σ<sub>k</sub> w<sub>k</sub><sup>c</sup>
A<sup>k</sup>, the last maps weighted by the class's row of the head, for networks that end in global average pooling. <i>Grad-CAM</i>
(<a href="https://arxiv.org/abs/1610.02391">Selvaraju et al. 2017</a>): relu(Σ<sub>k</sub> a<sub>k</sub> A<sup>k</sup>) with a<sub>k</sub> the mean
of ∂s<sub>c</sub>/∂A<sup>k</sup>; on those networks it is CAM up to scale. <i>Augmented Grad-CAM</i> (Morbidelli et al. 2020): the sharp map that
explains the coarse ones of many turned and shifted copies. <i>RISE</i> (<a href="https://arxiv.org/abs/1806.07421">Petsiuk et al. 2018</a>): the
mean of random masks, weighted by the probability under each. <i>Occlusion</i> (<a href="https://arxiv.org/abs/1311.2901">Zeiler &amp; Fergus
2014</a>): how far the probability falls where a patch covers the image.</p>
<p><b>While it learns.</b> <i>Training curves</i> compare training with held-out images: when the held-out loss turns upwards, it overfits;
the upright line marks the best step, where early stopping goes back to. <i>Layer statistics</i> show the gradient of every layer: where it falls by
powers of ten from layer to layer, it vanishes (try sigmoid in a deep network); units that answer alike to everything are dead (try ReLU with a
high learning rate).</p>
"""
