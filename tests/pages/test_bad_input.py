"""Input that cannot be used: one sentence says so, and what comes next takes it away, an emptied widget too."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.pages.visits import drawn, number, sentences, type_model, visit


def layers(app: AppTest):
    return next(field for field in app.text_input if field.label.startswith("Layers"))


def test_an_emptied_model_box_keeps_the_model_and_clears_the_notice() -> None:
    app = visit(model="demo-decoder", r1="4", r2="2", r3="1")
    type_model(app, "no-such-model")
    assert len(sentences(app)) == 1
    type_model(app, "   ")
    assert sentences(app) == []
    assert app.query_params["model"] == "demo-decoder"
    assert app.query_params["r1"] == "4"
    assert app.selectbox("model widget").value == "demo-decoder"


def test_a_second_wrong_model_takes_the_place_of_the_first() -> None:
    app = visit()
    type_model(app, "first-wrong")
    type_model(app, "second-wrong")
    (sentence,) = sentences(app)
    assert "second-wrong" in sentence


def test_quotes_around_a_name_do_not_make_another_model() -> None:
    app = visit()
    type_model(app, ' "demo-encoder" ')
    assert sentences(app) == []
    assert app.query_params["model"] == "demo-encoder"


def test_an_emptied_number_field_clears_the_notice() -> None:
    app = visit(by="error", error="7")
    assert len(sentences(app)) == 1
    number(app, "Relative error at most").set_value(None)
    drawn(app)
    assert sentences(app) == []


def test_of_two_wrong_lists_of_layers_the_last_is_said_and_an_emptied_one_says_nothing() -> None:
    app = visit("reasoning", layers="0,2", sample="10")
    for text, said in (("0-99", ["Expected a layer from 0 to 3, got 99"]), ("x", ["got `x`"]), ("", [])):
        layers(app).set_value(text)
        drawn(app)
        assert len(sentences(app)) == len(said)
        assert all(words in sentence for words, sentence in zip(said, sentences(app), strict=True))
    assert app.query_params["layers"] == "0,2"
