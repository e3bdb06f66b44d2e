"""What am I looking at: a paragraph for each recipe with the formula and the paper."""

LINK = '<a href="https://arxiv.org/abs/{}">{}</a>'

LANGUAGE = """<p>The network reads a text and gives each next token a probability. Its loss is the mean of &minus;log p(token | what
came before), in nats: a loss of 4.2 is guessing among 65 characters, 1.9 spells words, 1.5 holds a style. To <b>write</b>, a token
is drawn from these probabilities and read in turn. A <i>temperature</i> T divides the scores first: small T is timid, large T
bold. <i>Top k</i> and <i>top p</i> leave the unlikely tokens out.</p>"""

TEXTS = {
    "gpt": "<h3>GPT</h3>" + LANGUAGE + """<p>Each block lets every position look back at all before it:</p>
<p align="center"><i>softmax(Q K<sup>T</sup> / &radic;d) V</i></p><p>in several heads side by side, and then passes each position
through a small dense network. On the page <b>Attention</b>, hover over a token to see where it looks.</p><p>Vaswani et al. 2017, """
    + LINK.format("1706.03762", "Attention is all you need") + "; Radford et al. 2019.</p>",
    "char-rnn": "<h3>RNN, LSTM, GRU</h3>" + LANGUAGE + """<p>A recurrent network keeps a state: <i>h<sub>t</sub> = tanh(W x<sub>t</sub>
+ U h<sub>t-1</sub> + b)</i>. On the way back through time the gradient is multiplied once a step, and vanishes or explodes. The LSTM
adds a cell that is only scaled and added to:</p><p align="center"><i>c<sub>t</sub> = f &middot; c<sub>t-1</sub> + i &middot; g,
&nbsp; h<sub>t</sub> = o &middot; tanh(c<sub>t</sub>)</i></p><p>The view <b>gradient by distance</b> measures it; <b>gates</b> shows what the
units do while the network reads.</p><p>Hochreiter &amp; Schmidhuber 1997; Cho et al. 2014, """
    + LINK.format("1406.1078", "GRU") + "; Pascanu et al. 2013, " + LINK.format("1211.5063", "On the difficulty of training RNNs") + ".</p>",
    "seq2seq": """<h3>Encoder and decoder</h3><p>One network reads the source, another writes the target, token by token, until
&lt;EOS&gt;. In training it is fed the true tokens (<i>teacher forcing</i>), afterwards its own. With <b>attention</b> it looks back at
the source before each token, with weights from</p><p align="center"><i>Luong: h<sub>t</sub><sup>T</sup> W h<sub>s</sub> &nbsp;
Bahdanau: v<sup>T</sup> tanh(W<sub>1</sub> h<sub>t</sub> + W<sub>2</sub> h<sub>s</sub>)</i></p><p>The alignment matrix shows these weights. A
<b>beam</b> follows the best few outputs at once; scores are divided by ((5 + length) / 6)<sup>&alpha;</sup>, so that short outputs have no
advantage.</p><p>Sutskever et al. 2014, """ + LINK.format("1409.3215", "Sequence to sequence learning") + "; Bahdanau et al. 2015, "
    + LINK.format("1409.0473", "Neural machine translation") + "; Luong et al. 2015, " + LINK.format("1508.04025", "Effective approaches")
    + "; Vaswani et al. 2017, " + LINK.format("1706.03762", "Attention is all you need") + ".</p>",
    "tag": """<h3>Tagging</h3><p>A bidirectional LSTM reads Python source from both ends and says which kind of token each character
belongs to; Python's own <tt>tokenize</tt> gave the labels. A <b>CRF</b> on top scores whole sequences of tags:</p><p align="center">
<i>score(x, y) = &Sigma; emission[t, y<sub>t</sub>] + &Sigma; transition[y<sub>t-1</sub>, y<sub>t</sub>]</i></p><p>and Viterbi's
algorithm finds the best one. Validation is on files that training does not see.</p><p>Huang et al. 2015, """
    + LINK.format("1508.01991", "Bidirectional LSTM-CRF") + ".</p>",
    "text-class": """<h3>Classifying sentences</h3><p>A recurrent network reads the words of a sentence; the largest value of each unit
over time goes to a dense layer that scores the labels. Accuracy counts beside that of always saying the commonest label.</p>""",
    "forecast": """<h3>Forecasting</h3><p>The series are bytes of the emulator's memory while an agent plays, or the columns of a CSV. The
network predicts the change to the next step; further ahead it reads its own predictions. The loss is in variances of the series: 1 is
no better than the mean. A forecast has to beat <i>persistence</i>, "as it was before".</p>""",
    "word2vec": """<h3>word2vec</h3><p>Each word gets a vector; words with like neighbours get like vectors. Skip-gram tells true neighbours u
of a word v from random ones:</p><p align="center"><i>&minus;log &sigma;(v &middot; u) &minus; &Sigma; log &sigma;(&minus;v &middot;
u<sub>k</sub>)</i></p><p>CBOW does it the other way round, from the mean of the words around. Directions then carry meaning: b &minus; a + c
lies near the word that is to c as b is to a.</p><p>Mikolov et al. 2013, """ + LINK.format("1310.4546", "Distributed representations") + ".</p>",
}  # fmt: skip


def about(recipe: str) -> str:
    """The page for a recipe."""
    return TEXTS.get(recipe, "")
