"""What am I looking at: for each recipe its idea, its formula and its papers; below, the pages of the latent space."""

from html import escape

from gui.generate.translate_page import CYCLEGAN, PIX2PIX

AUTOENCODER = """
<h3>Autoencoder</h3>
<p>An encoder E squeezes an image s into a few numbers, the code h = E(s); a decoder D draws the image from them again.
Both learn to lose as little as they can:</p>
<p align="center"><i>min &Sigma; (s &minus; D(E(s&#771;)))<sup>2</sup> + &lambda; &Sigma; |h|</i></p>
<p>s&#771; is s itself, or s with noise or holes (<b>denoising</b>: the code must hold what an image of this kind looks like, not
its pixels). &lambda; &gt; 0 makes the code <b>sparse</b>: few numbers differ from 0 at a time. With fewer dimensions than pixels
(<b>undercomplete</b>) it must choose what matters.</p>
<p>Nothing makes the codes fill the space evenly: between them it may decode to nothing one knows. Samples are drawn from
a normal distribution fitted to the codes.</p>
<p>Hinton &amp; Salakhutdinov 2006, <a href="https://doi.org/10.1126/science.1127647">Reducing the dimensionality of data with
neural networks</a>; Vincent et al. 2008, <a href="https://doi.org/10.1145/1390156.1390294">Denoising autoencoders</a>.</p>
"""
VAE = """
<h3>Variational autoencoder</h3>
<p>The encoder gives each image not a point but a cloud q(z|x) = N(&mu;, &sigma;<sup>2</sup>), and a z drawn from it must
decode to the image again. The clouds are pulled towards one standard normal N(0, I), so that the space between them
decodes to images too. It maximises the evidence lower bound (ELBO), that is, minimises in nats per image</p>
<p align="center"><i>&minus;ELBO = E<sub>q</sub>[&minus;log p(x|z)] + &beta; KL(q(z|x) || N(0, I))</i><br>
<i>KL = &frac12; &Sigma; (&mu;<sup>2</sup> + &sigma;<sup>2</sup> &minus; 1 &minus; log &sigma;<sup>2</sup>),
&nbsp; z = &mu; + &sigma; &epsilon;</i></p>
<p>The first term wants sharp pictures, the second a smooth space. &beta; &gt; 1 (beta-VAE) pulls harder: dimensions that do not
pay are given up and only <b>active units</b> (*) still say something. If all are given up it is <b>posterior collapse</b>.</p>
<p>Kingma &amp; Welling 2014, <a href="https://arxiv.org/abs/1312.6114">Auto-encoding variational Bayes</a>; Higgins et al. 2017,
<a href="https://openreview.net/forum?id=Sy2fzU9gl">beta-VAE</a>; Burda et al. 2016,
<a href="https://arxiv.org/abs/1509.00519">Importance weighted autoencoders</a> (active units).</p>
"""
CVAE = """
<h3>Conditional VAE</h3>
<p>Encoder and decoder are told the class y, so z need not say it: it is left with the style.</p>
<p align="center"><i>&minus;ELBO = E<sub>q(z|x,y)</sub>[&minus;log p(x|z,y)] + &beta; KL(q(z|x,y) || N(0, I))</i></p>
<p>Along a row of the page <b>Classes</b> the same z is drawn as every class: slant and thickness should stay.</p>
<p>Sohn et al. 2015, <a href="https://papers.nips.cc/paper/2015/hash/8d55a249e6baa5c06772297520da2051-Abstract.html">Learning
structured output representation using deep conditional generative models</a>.</p>
"""
GAN = """
<h3>Generative adversarial network</h3>
<p>A generator G draws an image from noise z; a discriminator D is shown real and drawn images and says which is which. D
learns to tell them apart, G to be taken for real:</p>
<p align="center"><i>min<sub>G</sub> max<sub>D</sub> E[log D(x)] + E[log(1 &minus; D(G(z)))]</i></p>
<p>With the <b>non-saturating</b> loss G maximises log D(G(z)) instead: its gradient does not vanish when D is ahead.
<b>Hinge</b> and <b>LSGAN</b> are milder games. R1 and spectral norm keep D smooth.</p>
<p>The losses need not fall: they are two players' scores. Look at the samples, at D's accuracy (near 100 % on both:
G learns little; near 50 %: D guesses) and at whether samples differ (else <b>mode collapse</b>). There is no
encoder: a real image has no place in this space. What is drawn here is the averaged G (EMA).</p>
<p>Goodfellow et al. 2014, <a href="https://arxiv.org/abs/1406.2661">Generative adversarial nets</a>.</p>
"""
DCGAN = """
<h3>DCGAN</h3>
<p>The adversarial game with convolutions: G starts from a 4 to 9 pixel wide map and doubles it with transposed
convolutions, batch norm and ReLU; D halves it with strided convolutions and leaky ReLU.</p>
<p align="center"><i>D: max E[log D(x)] + E[log(1 &minus; D(G(z)))], &nbsp; G: max E[log D(G(z))]</i></p>
<p>Walking through z should change one image into another without a jump, and sums of z have a meaning: see the pages
<b>Walk</b> and <b>Arithmetic</b>. What is drawn here is the averaged G (EMA).</p>
<p>Radford et al. 2016, <a href="https://arxiv.org/abs/1511.06434">Unsupervised representation learning with deep convolutional
GANs</a>; Miyato et al. 2018, <a href="https://arxiv.org/abs/1802.05957">Spectral normalisation</a>; Mescheder et al. 2018,
<a href="https://arxiv.org/abs/1801.04406">Which training methods for GANs do converge?</a> (R1).</p>
"""
CGAN = """
<h3>Conditional GAN</h3>
<p>G and D are both told the class y: G must draw that class, D judges whether image and class go together.</p>
<p align="center"><i>min<sub>G</sub> max<sub>D</sub> E[log D(x|y)] + E[log(1 &minus; D(G(z|y)|y))]</i></p>
<p>Along a row of the page <b>Classes</b> the same z is drawn as every class. A separate classifier reads the class back
in <i>lab eval</i>.</p>
<p>Mirza &amp; Osindero 2014, <a href="https://arxiv.org/abs/1411.1784">Conditional generative adversarial nets</a>.</p>
"""
WGAN = """
<h3>Wasserstein GAN with gradient penalty</h3>
<p>D is a critic: its score has no limits, and the difference of its mean on real and drawn images estimates how far one
would have to move the drawn ones (the Wasserstein distance), as long as it is nowhere steeper than 1:</p>
<p align="center"><i>min<sub>D</sub> E[D(G(z))] &minus; E[D(x)] + &lambda; E[(||&nabla;D(x&#770;)|| &minus; 1)<sup>2</sup>]</i></p>
<p>with x&#770; anywhere between a real and a drawn image. Unlike a GAN's losses the estimate should fall as samples get
better. D takes several steps for each of G.</p>
<p>Gulrajani et al. 2017, <a href="https://arxiv.org/abs/1704.00028">Improved training of Wasserstein GANs</a>; Arjovsky et al.
2017, <a href="https://arxiv.org/abs/1701.07875">Wasserstein GAN</a>.</p>
"""
PAGES = """
<h3>The latent space</h3>
<p>On the left samples from z that stay the same while the network changes. Click them to pick; every picture on the
right is drawn by the newest weights while training goes on.</p>
<p><b>Walk</b>: from anchor to anchor, or free in the square between four. <i>Linear</i> goes straight,
z = (1 &minus; t) a + t b; <i>spherical</i> keeps the length, z = (sin((1 &minus; t)&theta;) a + sin(t&theta;) b) / sin &theta;, because
normal noise of many dimensions lies near a sphere (White 2016, <a href="https://arxiv.org/abs/1609.04468">Sampling
generative networks</a>). Below, how far each frame is from the one before: even is good.</p>
<p><b>Plane</b>: all of a 2-D space; else the plane through three anchors, or along the two directions in which the codes vary
most (without an encoder: by which G's first layer changes most, Shen &amp; Zhou 2021,
<a href="https://arxiv.org/abs/2007.06600">SeFa</a>). Dots are encoded test images, coloured by class.</p>
<p><b>Arithmetic</b>: average of A &minus; average of B + average of C. <b>Dimensions</b>: one at a time. <b>Code</b>: a picture's numbers as
bars to drag. <b>Classes</b>: one z as every class. <b>Diagnosis</b>: is the training healthy?</p>
"""
ABOUT = {
    "autoencoder": AUTOENCODER, "vae": VAE, "cvae": CVAE, "gan": GAN, "dcgan": DCGAN, "cgan": CGAN, "wgan-gp": WGAN,
}  # fmt: skip
TRANSLATIONS = {"cyclegan": CYCLEGAN, "pix2pix": PIX2PIX}


def about(recipe: str, line: str) -> str:
    """The text for a recipe, as rich text; its one `line` where nobody has written more."""
    if recipe.removesuffix("-256") in TRANSLATIONS:
        return TRANSLATIONS[recipe.removesuffix("-256")]
    return ABOUT[recipe] + PAGES if recipe in ABOUT else f"<h3>{recipe}</h3><p>{escape(line)}</p>"
